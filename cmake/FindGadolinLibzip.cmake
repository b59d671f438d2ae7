# Gadolin::libzip. Debian's own config of libzip fails unless its command-line tools are installed, and pkg-config may
# be absent, so the header and the library are looked for by name.
find_path(GADOLIN_LIBZIP_INCLUDE zip.h)
find_library(GADOLIN_LIBZIP_LIBRARY zip)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(GadolinLibzip REQUIRED_VARS GADOLIN_LIBZIP_LIBRARY GADOLIN_LIBZIP_INCLUDE)
if(GadolinLibzip_FOUND AND NOT TARGET Gadolin::libzip)
  add_library(Gadolin::libzip UNKNOWN IMPORTED)
  set_target_properties(Gadolin::libzip PROPERTIES IMPORTED_LOCATION ${GADOLIN_LIBZIP_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${GADOLIN_LIBZIP_INCLUDE})
endif()

#include "io/store/ordered_driver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/core/error.hpp"

namespace gadolin::io::hdf5 {

namespace {

struct Piece {
  H5FD_mem_t type;
  std::vector<char> bytes;
};

/// What an access list says to the driver; the library copies it byte by byte.
struct Settings {
  WriteOutcome* outcome = nullptr;
  bool ordered = true;
};

/// What HDF5 holds of an open file; `pub` must come first, the library reads it.
struct OrderedFile {
  H5FD_t pub{};
  int descriptor = -1;
  Settings settings;
  haddr_t eoa = 0;                     ///< end of the allocated address space
  haddr_t eof = 0;                     ///< end of what was written, pending or not
  std::map<haddr_t, Piece> pending;    ///< by address, never overlapping
  std::set<haddr_t> written_metadata;  ///< addresses an index on the disk may point to
  haddr_t found_bytes = 0;  ///< size when opened: what lies below may be pointed to already
};

OrderedFile* self(H5FD_t* file) { return reinterpret_cast<OrderedFile*>(file); }
const OrderedFile* self(const H5FD_t* file) { return reinterpret_cast<const OrderedFile*>(file); }

herr_t failed(const char* what) {
  const int reason = errno;
  H5Epush2(H5E_DEFAULT, __FILE__, what, __LINE__, H5E_ERR_CLS, H5E_VFL, H5E_WRITEERROR,
           "%s: errno = %d, %s", what, reason, std::strerror(reason));
  return -1;
}

/// A failed write is kept here and never told to the library: an H5Fclose that fails leaves its
/// identifier behind, and the library then crashes at exit. From now on nothing reaches the disk.
void note_failure(OrderedFile* file) {
  if (file->settings.outcome->reason == 0) file->settings.outcome->reason = errno;
}
bool has_failed(const OrderedFile* file) { return file->settings.outcome->reason != 0; }

/// All bytes at their place, or false with errno.
bool put_bytes(int descriptor, const char* bytes, size_t size, haddr_t address) {
  size_t done = 0;
  while (done < size) {
    const ssize_t count =
        ::pwrite(descriptor, bytes + done, size - done, static_cast<off_t>(address + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

/// Room on the disk before anything is overwritten, where the file system can promise it.
bool extend(int descriptor, off_t size, off_t wanted) {
  if (wanted <= size) return true;
  if (::fallocate(descriptor, 0, size, wanted - size) == 0) return true;
  if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINTR) return false;
  return ::ftruncate(descriptor, wanted) == 0;
}

H5FD_t* open_file(const char* name, unsigned flags, hid_t access, haddr_t) {
  const auto* settings = static_cast<const Settings*>(H5Pget_driver_info(access));
  if (settings == nullptr) return nullptr;
  int mode = (flags & H5F_ACC_RDWR) ? O_RDWR : O_RDONLY;
  if (flags & H5F_ACC_TRUNC) mode |= O_TRUNC;
  if (flags & H5F_ACC_CREAT) mode |= O_CREAT;
  if (flags & H5F_ACC_EXCL) mode |= O_EXCL;
  const int descriptor = ::open(name, mode | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    failed("unable to open file");
    return nullptr;
  }
  struct stat status {};
  ::fstat(descriptor, &status);
  auto* file = new OrderedFile;
  file->descriptor = descriptor;
  file->settings = *settings;
  file->eof = file->found_bytes = static_cast<haddr_t>(status.st_size);
  return &file->pub;
}

/// First pending piece that ends after `address`.
std::map<haddr_t, Piece>::iterator first_reaching(std::map<haddr_t, Piece>& pending,
                                                  haddr_t address) {
  auto place = pending.upper_bound(address);
  if (place != pending.begin()) {
    const auto before = std::prev(place);
    if (before->first + before->second.bytes.size() > address) return before;
  }
  return place;
}

/// Keeps the bytes until commit(), over what is pending at their place.
void hold_bytes(OrderedFile* file, H5FD_mem_t type, haddr_t address, size_t size,
                const char* bytes) {
  const haddr_t end = address + size;
  haddr_t at = address;
  auto place = first_reaching(file->pending, address);
  while (at < end) {
    if (place == file->pending.end() || place->first >= end) {
      file->pending.insert(
          place, {at, Piece{type, std::vector<char>(bytes + (at - address), bytes + size)}});
      break;
    }
    if (place->first > at) {
      file->pending.insert(place,
                           {at, Piece{type, std::vector<char>(bytes + (at - address),
                                                              bytes + (place->first - address))}});
      at = place->first;
    }
    const haddr_t stop = std::min<haddr_t>(end, place->first + place->second.bytes.size());
    std::memcpy(place->second.bytes.data() + (at - place->first), bytes + (at - address),
                stop - at);
    if (at == place->first) place->second.type = type;
    at = stop;
    ++place;
  }
}

/// Whatever did not reach the disk stays in memory until the file is closed, so that the library
/// reads back what it wrote and can end in peace.
herr_t write_bytes(H5FD_t* base, H5FD_mem_t type, hid_t, haddr_t address, size_t size,
                   const void* buffer) {
  OrderedFile* file = self(base);
  const char* bytes = static_cast<const char*>(buffer);
  file->eof = std::max(file->eof, address + size);
  if (!file->settings.ordered && !has_failed(file)) {
    if (put_bytes(file->descriptor, bytes, size, address)) return 0;
    note_failure(file);
  }
  hold_bytes(file, type, address, size, bytes);
  return 0;
}

herr_t read_bytes(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t address, size_t size, void* buffer) {
  OrderedFile* file = self(base);
  char* bytes = static_cast<char*>(buffer);
  size_t done = 0;
  while (done < size) {
    const ssize_t count =
        ::pread(file->descriptor, bytes + done, size - done, static_cast<off_t>(address + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("file read failed");
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  std::memset(bytes + done, 0, size - done);
  const haddr_t end = address + size;
  for (auto place = first_reaching(file->pending, address);
       place != file->pending.end() && place->first < end; ++place) {
    const haddr_t from = std::max(address, place->first);
    const haddr_t to = std::min<haddr_t>(end, place->first + place->second.bytes.size());
    std::memcpy(bytes + (from - address), place->second.bytes.data() + (from - place->first),
                to - from);
  }
  return 0;
}

/// Place in the order of a commit; equal places go by address.
int rank_of(const OrderedFile& file, haddr_t address, const Piece& piece) {
  const bool fresh = address >= file.found_bytes && file.written_metadata.count(address) == 0;
  switch (piece.type) {
    case H5FD_MEM_SUPER:
      return 1;
    case H5FD_MEM_LHEAP:
      return fresh ? 0 : 2;
    case H5FD_MEM_GHEAP:
      return fresh ? 0 : 3;
    case H5FD_MEM_BTREE: {
      if (fresh) return 0;
      // "TREE", node type, level: a parent takes over half of a child's entries before the child
      // lets go of them.
      const bool node = piece.bytes.size() > 6 && std::memcmp(piece.bytes.data(), "TREE", 4) == 0;
      const int level = node ? static_cast<unsigned char>(piece.bytes[5]) : 0;
      return 300 - level;
    }
    case H5FD_MEM_DRAW:
      // Raw data overwritten in place repeats its finished rows, so it may be torn; new chunks are
      // beyond every index. Either may go first.
      return 0;
    default:
      return fresh ? 0 : 400;
  }
}

/// Hands over what is pending, in order; a full disk leaves the prefix written so far.
herr_t commit(H5FD_t* base, hid_t, hbool_t) {
  OrderedFile* file = self(base);
  if (file->pending.empty() || has_failed(file)) return 0;
  struct stat status {};
  ::fstat(file->descriptor, &status);
  // The end of the file first: a superblock must never promise more bytes than there are.
  const haddr_t wanted = std::max(file->eoa, file->eof);
  if (!extend(file->descriptor, status.st_size, static_cast<off_t>(wanted))) {
    note_failure(file);
    return 0;
  }
  std::vector<std::pair<int, const std::pair<const haddr_t, Piece>*>> order;
  for (const auto& entry : file->pending) {
    order.emplace_back(rank_of(*file, entry.first, entry.second), &entry);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [rank, entry] : order) {
    const auto& [address, piece] = *entry;
    if (!put_bytes(file->descriptor, piece.bytes.data(), piece.bytes.size(), address)) {
      note_failure(file);
      return 0;
    }
    if (piece.type != H5FD_MEM_DRAW) file->written_metadata.insert(address);
  }
  file->pending.clear();
  return 0;
}

herr_t close_file(H5FD_t* base) {
  OrderedFile* file = self(base);
  if (::close(file->descriptor) != 0) note_failure(file);
  delete file;
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) {
  struct stat first {
  }, second{};
  ::fstat(self(a)->descriptor, &first);
  ::fstat(self(b)->descriptor, &second);
  if (first.st_dev != second.st_dev) return first.st_dev < second.st_dev ? -1 : 1;
  if (first.st_ino != second.st_ino) return first.st_ino < second.st_ino ? -1 : 1;
  return 0;
}

herr_t query(const H5FD_t* file, unsigned long* flags) {
  // Ordered: no accumulator, every write keeps its type, by which commit() orders.
  *flags = file == nullptr || self(file)->settings.ordered
               ? 0
               : H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
                     H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

haddr_t get_eoa(const H5FD_t* file, H5FD_mem_t) { return self(file)->eoa; }
herr_t set_eoa(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  self(file)->eoa = address;
  return 0;
}
haddr_t get_eof(const H5FD_t* file, H5FD_mem_t) { return self(file)->eof; }

/// The library asks for a file that ends where its address space ends; commit() extends an ordered
/// one.
herr_t truncate(H5FD_t* base, hid_t, hbool_t) {
  OrderedFile* file = self(base);
  if (file->settings.ordered) {
    file->eof = std::max(file->eof, file->eoa);
    return 0;
  }
  if (!has_failed(file) && ::ftruncate(file->descriptor, static_cast<off_t>(file->eoa)) != 0) {
    note_failure(file);
  }
  file->eof = file->eoa;
  return 0;
}

herr_t lock(H5FD_t* file, hbool_t exclusive) {
  if (::flock(self(file)->descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) return 0;
  return errno == ENOSYS ? 0 : failed("unable to lock file");
}
herr_t unlock(H5FD_t* file) {
  ::flock(self(file)->descriptor, LOCK_UN);
  return 0;
}

hid_t driver_id() {
  static const H5FD_class_t driver = [] {
    H5FD_class_t made{};
    made.name = "gadolin_ordered";
    made.fapl_size = sizeof(Settings);
    made.maxaddr = (haddr_t{1} << 62) - 1;
    made.fc_degree = H5F_CLOSE_WEAK;
    made.open = open_file;
    made.close = close_file;
    made.cmp = compare;
    made.query = query;
    made.get_eoa = get_eoa;
    made.set_eoa = set_eoa;
    made.get_eof = get_eof;
    made.read = read_bytes;
    made.write = write_bytes;
    made.flush = commit;
    made.truncate = truncate;
    made.lock = lock;
    made.unlock = unlock;
    constexpr H5FD_mem_t map[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), made.fl_map);
    return made;
  }();
  static const hid_t id = H5FDregister(&driver);
  return id;
}

PropertyList access_list(const Settings& settings) {
  PropertyList list(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_driver(list.get(), driver_id(), &settings);
  return list;
}

}  // namespace

PropertyList ordered_access(WriteOutcome* outcome) { return access_list({outcome, true}); }

PropertyList direct_access(WriteOutcome* outcome) { return access_list({outcome, false}); }

void require_written(const WriteOutcome& outcome, const std::string& path) {
  const int reason = outcome.reason;
  if (reason == 0) return;
  if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) {
    throw Error("E-H5-003",
                std::string("disk, quota or size limit full (") + std::strerror(reason) + ")", path,
                "make room; what was flushed before is kept in the .partial file",
                ExitCode::resource);
  }
  throw Error("E-H5-004", std::string("the disk refused a write: ") + std::strerror(reason), path,
              "check the disk; what was flushed before is kept in the .partial file",
              ExitCode::resource);
}

}  // namespace gadolin::io::hdf5

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/core/error.hpp"

/// A libFuzzer target: any bytes give a value or a gadolin::Error, never anything else.
#define GADOLIN_FUZZ_READER(call)                                                     \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);          \
    try {                                                                             \
      call;                                                                           \
    } catch (const gadolin::Error&) {                                                 \
    }                                                                                 \
    return 0;                                                                         \
  }

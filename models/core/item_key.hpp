#pragma once

#include <cstdint>
#include <string_view>

namespace gadolin {

/// Key of an item for RandomStream, from its id alone: independent of order, batch and threads.
/// source FNV-1a, 64 bits (Fowler, Noll, Vo)
constexpr std::uint64_t item_key(std::string_view id) {
  std::uint64_t key = 0xcbf29ce484222325ull;
  for (const char c : id) {
    key ^= static_cast<unsigned char>(c);
    key *= 0x100000001b3ull;
  }
  return key;
}

}  // namespace gadolin

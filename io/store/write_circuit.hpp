#pragma once

#include "io/store/hdf5.hpp"
#include "models/separation/types.hpp"

namespace gadolin::io {

/// A circuit's members into an open group: banks with profiles, products, closure, evidence.
void write_circuit_group(hid_t group, const separation::CircuitResult& result);

}  // namespace gadolin::io

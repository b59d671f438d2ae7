#pragma once

#include "kernels/separation/distribution.hpp"
#include "models/separation/types.hpp"

namespace gadolin::separation {

/// A species as the kernels see it: the coefficients of (S1) in the basis of its extractant.
SpeciesLaw law_of(const Species& species, const Extractant& extractant);

}  // namespace gadolin::separation

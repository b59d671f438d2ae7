#pragma once

#include <string>

#include "app/command.hpp"
#include "models/separation/types_plant.hpp"

namespace gadolin::app {

/// A plant's products, balances and reagents on stdout.
void print_plant(const separation::PlantResult& result);

}  // namespace gadolin::app

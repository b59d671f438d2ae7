// Uses an installed Gadolin: the engine that "openmp" names and the oxide factor of cerium.
#include <cmath>
#include <cstdio>

#include "kernels/exec/engine.hpp"
#include "models/core/element.hpp"

int main() {
  const gadolin::EngineRuntime runtime;
  const gadolin::Engine engine = gadolin::make_engine("openmp");
  const double factor = gadolin::element_to_oxide_factor("Ce", "CeO2");
  std::printf("engine %s, CeO2 / Ce = %.4f\n", gadolin::to_string(engine.kind), factor);
  return std::abs(factor - 1.2284) < 5e-5 ? 0 : 1;
}

#include "kernels/exec/engine.hpp"

int main() {
  gadolin::EngineRuntime runtime;
  return 2;
}

#pragma once

#include <cstddef>

#include "kernels/separation/stage.hpp"

namespace gadolin::separation {

/// Many separate stages that share a list of species; a tile of them per team.
/// in   law [species]; total [species, stages] mol/h, stage fastest;
///      aqueous, organic L/h, proton mol/h, extractant mol/L [stages]
/// out  ln_h, ln_x [stages] overwritten; residual [stages]; iterations [stages]; status [stages]
/// fails  see solve_stage
struct StageKernel {
  static constexpr const char* name = "separation::stage";
  static constexpr int device_threads = 128;
  static constexpr std::size_t tile = 128;
  struct Args {
    const SpeciesLaw* law = nullptr;
    const double* total = nullptr;
    const double* aqueous = nullptr;
    const double* organic = nullptr;
    const double* proton = nullptr;
    const double* extractant = nullptr;
    double* ln_h = nullptr;
    double* ln_x = nullptr;
    double* residual = nullptr;
    int* iterations = nullptr;
    ItemStatus* status = nullptr;
    std::size_t stages = 0;
    int species = 0;
    double kw = 1e-14;
  };

  /// Teams for a number of stages: the item count of launch().
  static std::size_t items(std::size_t stages) { return (stages + tile - 1) / tile; }
  static std::size_t scratch_bytes(const Args&) { return 0; }
  static std::size_t workspace_bytes(const Args&) { return 0; }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    const std::size_t begin = item * tile;
    const std::size_t count = begin + tile <= args.stages ? tile : args.stages - begin;
    team.for_each(count, [&](std::size_t j) {
      const std::size_t i = begin + j;
      StageProblem s;
      s.law = args.law;
      s.total = args.total + i;
      s.stride = args.stages;
      s.species = args.species;
      s.aqueous = args.aqueous[i];
      s.organic = s.organic_pool = args.organic[i];
      s.from_proton = true;
      s.proton = args.proton[i];
      s.extractant = args.extractant[i];
      s.acid.kw = args.kw;
      for (int k = 0; k < s.species; ++k) s.convex = s.convex && is_stoichiometric(s.law[k]);
      StageState state;
      start_stage(s, state);
      solve_stage(s, state);
      args.ln_h[i] = state.ln_h;
      args.ln_x[i] = state.ln_x;
      args.residual[i] = state.residual;
      args.iterations[i] = state.iterations;
      args.status[i] = state.status;
    });
  }
};

}  // namespace gadolin::separation

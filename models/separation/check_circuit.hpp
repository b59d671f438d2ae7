#pragma once

#include "models/separation/types.hpp"

namespace gadolin::separation {

/// Refuses circuits that cannot stand: every message names bank, stage and species.
///   throws Error, ExitCode::usage
///   E-SEP-001 no bank, no species, or a species named twice
///   E-SEP-002 a stream or list does not have one entry per species
///   E-SEP-003 negative or non-finite flow, concentration, or constant
///   E-SEP-004 bank with no stage (0), or above 10000
///   E-SEP-005 feed or draw at a stage outside 1..N
///   E-SEP-006 mixed extractant basis (dimer and formal monomer)
///   E-SEP-007 organic loaded above its capacity (no free extractant)
///   E-SEP-008 draw fractions outside 0..1, or together above 1
///   E-SEP-009 a stage that no aqueous or no organic reaches
///   E-SEP-010 efficiency, entrainment, bleed or saponification outside its range
///   E-SEP-011 unknown bank or species named in a return, connection or saponification
///   E-SEP-012 distribution law without what it needs (dosage, exponent, proton count)
///   E-SEP-013 more extractant than any neat extractant holds (10 mol/L)
void check_circuit(const Circuit& circuit);

}  // namespace gadolin::separation

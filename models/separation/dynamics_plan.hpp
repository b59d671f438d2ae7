#pragma once

#include <string>

#include "models/separation/types_dynamics.hpp"

/// A plan of dynamics before anything is integrated: is it sound, what do its steps change.
namespace gadolin::separation {

/// throws Error E-SEP-071 (hold-ups, duration, tolerance), E-SEP-072 (a step of no stream, or with
///        a factor below 0), and what check_circuit throws
void check_plan(const DynamicsPlan& plan);

/// The circuit after a step.
void apply_step(const DynamicStep& step, Circuit& circuit);

/// "step at 200 h: extraction feed, flow x 1.05"
std::string step_words(const DynamicStep& step);

}  // namespace gadolin::separation

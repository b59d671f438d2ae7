#pragma once

#include <string>
#include <vector>

#include "models/separation/types_plant.hpp"

/// Who feeds whom, in which order to solve, and which streams to tear.
namespace gadolin::separation {

struct PlantEdge {
  std::string stream;
  int from = -1;  ///< unit, -1 = feed
  int to = -1;    ///< unit, -1 = leaves the plant
};

struct PlantGraph {
  std::vector<PlantEdge> edges;          ///< every stream that a feed or a port makes
  std::vector<std::vector<int>> groups;  ///< units to solve together, in order; one unit = no loop
  std::vector<std::string> torn;         ///< streams that run backwards inside their group
};

/// Groups are the strong components in topological order; inside a group units keep the order of
/// the file, and the streams against that order are torn.
/// throws Error E-PLANT-012 (unknown stream, nearest named), -013 (two makers or two takers of one
///        stream), -014 (a unit or feed named twice, a unit without input)
PlantGraph plant_graph(const Plant& plant);

}  // namespace gadolin::separation

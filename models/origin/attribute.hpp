#pragma once

#include <cstdint>
#include <vector>

#include "models/origin/source_model.hpp"
#include "models/origin/types.hpp"

namespace gadolin::origin {

/// Says of each sample which sources of the library could have given its rare-earth pattern.
///   posterior_k = pi_k f_k / (pi_0 f_0 + sum_j pi_j f_j),  pi_k = (1 - pi_0) / K
/// f_k  density of another sample of source k (mixture of its sets, W, B, P, Sigma)
/// f_0  density of a deposit that is not in the library: kernels of width h C around every known
///      deposit, and one broad normal
/// Typicality comes first: when no source has p >= typicality_alpha the answer is "none of these"
/// whatever the posterior. Sources whose expected log10 LR is below group_log10_lr are one group.
/// "no conclusion" when fewer than least_common_elements are measured, when the material is
/// separated, or when no answer holds posterior_to_name.
/// in     samples: any elements, states kept; absolute amounts do not matter
/// out    [samples] in the same order; each result depends on its own sample, the library, the
///        options and the seed alone
/// fails  E-ORG-001..004 of fit_sources; E-ORG-006 a process level that is not known
/// cost   about 3 ms per sample and 150 sets; bounded elements add draws * sets * bounds
/// evaluations source docs/theory/origin.md, equations 4 to 14
std::vector<OriginResult> attribute(const std::vector<SampleInput>& samples, const Library& library,
                                    const Options& options, std::uint64_t seed);

/// The same for one sample with a model fitted before.
OriginResult attribute_one(const SampleInput& sample, const Library& library,
                           const SourceModel& model, std::uint64_t seed);

}  // namespace gadolin::origin

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "io/store/hdf5.hpp"
#include "io/store/ordered_driver.hpp"
#include "models/assay/types.hpp"
#include "models/core/normaliser.hpp"
#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"
#include "models/origin/types.hpp"
#include "models/recovery/types.hpp"
#include "models/separation/types.hpp"
#include "models/separation/types_design.hpp"
#include "models/separation/types_dynamics.hpp"
#include "models/separation/types_fit.hpp"
#include "models/separation/types_optimise.hpp"
#include "models/separation/types_sweep.hpp"
#include "models/separation/types_uncertainty.hpp"

namespace gadolin::separation {
struct PlantResult;
struct PlantEquipment;
struct PlantCost;
}  // namespace gadolin::separation

namespace gadolin::io {

/// Before a run: none of its inputs may be what OUT or OUT.partial names, by whatever spelling,
/// link or mount. Absent files are passed over.
/// throws E-OUT-005 (usage)
void refuse_input_as_output(const std::string& out, std::span<const std::string> inputs);

/// The one result file of a run (layout, units and states: docs/formats/result_file.md).
///
/// Results go to OUT.partial, each call ends with a flush, and close() turns that into OUT:
///   ResultFile file = ResultFile::create("out.h5", false);
///   file.write_run(run);                  // early, so that a killed run is known too
///   file.append_patterns(chunk_results);  // as often as there are chunks
///   run.end_time = ...; file.write_run(run);
///   file.close();
/// A run that is killed leaves OUT.partial, readable by any HDF5 program, with every chunk that
/// /run/journal names. OUT itself is never half written: close() writes a compressed copy, seals it
/// with digests, and renames it. Equal results give equal bytes, times apart.
///
/// One thread at a time. Every method throws Error: E-H5-003 (disk full), E-H5-004. After a full
/// disk every later call throws it again, and OUT.partial stays as the last flush left it.
/// A second result of one kind for one sample is E-H5-006: give samples and circuits unique names.
class ResultFile {
 public:
  /// throws E-OUT-001 (path exists and force is false), E-OUT-002 (folder absent or unwritable),
  ///        E-OUT-003 (an unfinished OUT.partial of an earlier run, and force is false),
  ///        E-OUT-004 (path or OUT.partial is something else than a gadolin result or an empty
  ///        file; force does not help), E-LOCK-001 (another program is writing it)
  static ResultFile create(const std::string& path, bool force);

  /// Goes on with the OUT.partial of a sweep that was stopped.
  /// throws E-IN-001 (there is none), E-OUT-001, E-SEP-111 (its `fingerprint` is another: inputs,
  /// seed or build
  ///        differ), E-LOCK-001
  static ResultFile reopen_sweep(const std::string& path, const std::string& fingerprint,
                                 bool force);

  ResultFile(ResultFile&&) noexcept;
  ResultFile& operator=(ResultFile&&) noexcept;
  /// Without close(): OUT.partial stays if it holds results, and is removed if it holds none.
  ~ResultFile();

  const std::string& path() const { return path_; }
  const std::string& partial_path() const { return partial_path_; }

  /// /run. May be called again (to add the end time); the last call counts.
  void write_run(const RunRecord& run);
  /// Adds to /run/inputs; files already named are passed over. append_patterns() looks up the
  /// SHA-256 of its files here, so give a chunk's inputs before its results.
  void add_inputs(std::span<const InputFile> inputs);

  /// /batch: one row per pattern, one column per quantity. A chunk is on disk when this returns.
  void append_patterns(std::span<const diffraction::PatternResult> results);
  /// /batch_origin: one row per sample.
  void append_origins(std::span<const origin::OriginResult> results);

  /// /sample_<id>: the entry and its /sample and /case groups. The other calls make a bare entry
  /// if this was not called.
  void write_sample(const std::string& sample_id, const CaseRecord& record);
  /// /sample_<id>/xrd, /fit and /phases. `wavelength_angstrom` is what was used, main line first.
  void write_pattern(const std::string& sample_id, const diffraction::Pattern& pattern,
                     const diffraction::PatternResult& result,
                     const std::vector<diffraction::EmissionLine>& lines = {});
  /// /sample_<id>/identification alone, for batches too large for write_pattern().
  void write_identification(const std::string& sample_id, const diffraction::Identification& found);
  /// /sample_<id>/assay
  void write_assay(const std::string& sample_id, const assay::AssaySample& sample,
                   std::span<const assay::Index> indices = {});
  /// /sample_<id>/provenance
  void write_origin(const std::string& sample_id, const origin::OriginResult& result);
  /// /sample_<id>/recovery
  void write_recovery(const std::string& sample_id, const recovery::RecoveryResult& result);
  /// /sample_<id>/process
  void write_circuit(const std::string& sample_id, const separation::CircuitResult& result);
  /// /sample_<id>/dynamics
  void write_dynamics(const std::string& sample_id, const separation::DynamicsResult& result);
  /// /provenance of a sweep, and its fingerprint; before the first rows.
  void begin_sweep(const separation::SweepSettings& settings,
                   const separation::SweepColumns& columns, const separation::Circuit& base,
                   const std::string& fingerprint);
  /// /designs, /products, /flags: rows of a sweep, in order; on disk after the next flush().
  void append_sweep(const separation::SweepColumns& columns, const separation::SweepBlock& block);
  /// Rows stored so far. Columns that are longer, since a kill came between them, are cut to it.
  std::uint64_t sweep_rows();
  /// /provenance/counts: what became of the designs.
  void write_sweep_counts(const separation::SweepCounts& counts);
  /// Status and flags of all rows stored, counted.
  separation::SweepCounts count_sweep();
  /// /design: cuts, products against targets, reasons; and /sample_<cut>/process of every cut.
  void write_design(const separation::DesignResult& result);
  /// /optimisation: the front, its designs, the history and the tornado.
  void write_optimisation(const separation::OptimiseResult& result);
  /// /sample_<id>/constants: extraction constants fitted to equilibria.
  void write_fit(const std::string& sample_id, const separation::FitResult& result);
  /// /sample_<id>/uncertainty/{designs,products,flags}: rows of cascades, before
  /// write_uncertainty()
  void append_uncertainty(const std::string& sample_id,
                          const separation::UncertaintyColumns& columns,
                          const separation::UncertaintyBlock& block);
  /// /sample_<id>/uncertainty
  void write_uncertainty(const std::string& sample_id, const separation::UncertaintyResult& result);
  /// /sample_<id>/plant: streams, units with their circuits, balances, products, sizes, money.
  void write_plant(const std::string& sample_id, const separation::PlantResult& result,
                   const separation::PlantEquipment& equipment,
                   const separation::PlantCost* cost = nullptr);
  /// /run/normaliser: the composition rare-earth patterns are divided by in the report.
  void write_normaliser(const Normaliser& normaliser);

  /// Pushes everything to the operating system; called by every method above.
  void flush();
  /// Compresses, seals, syncs to disk and renames to path(). Nothing may be written afterwards.
  /// throws E-OUT-001 where another file appeared at path() meanwhile and force is false; that file
  ///        and OUT.partial stay as they are
  void close();

 private:
  ResultFile(std::string path, bool force);

  /// The entry of a sample, made if absent. With a kind ("assay", as its journal row calls it) it
  /// throws E-H5-006 before anything is touched if the entry has one already; without,
  /// add_journal() finds that out and lets nothing of the second reach the disk.
  hdf5::Group entry(const std::string& sample_id, const std::string& kind = "");
  void set_default(const std::string& sample_id, const std::string& child, int rank);
  void add_journal(const std::string& what, std::int64_t first_item, std::int64_t items);
  void abandon() noexcept;

  std::string path_, partial_path_;
  std::unique_ptr<hdf5::WriteOutcome> outcome_;  ///< of file_, which must go first
  hdf5::File file_;
  bool force_ = false;  ///< an earlier result at path_ may be replaced
  bool holds_results_ = false;
  bool has_root_default_ = false;
  std::int64_t batch_items_ = 0, batch_points_ = 0, origin_items_ = 0;
  std::vector<std::string> batch_phases_, origin_sources_;
  std::set<std::string> stored_;                    ///< journal rows of samples: "sample A assay"
  std::set<std::string> known_inputs_;              ///< role, path, hash
  std::map<std::string, std::string> input_hash_;   ///< path -> sha256
  std::map<std::string, std::string> entry_names_;  ///< sample id -> group name
  std::map<std::string, int> default_rank_;         ///< sample id -> rank of its default plot
};

}  // namespace gadolin::io

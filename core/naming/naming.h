// Names of stacks by melisai-gate-symbols, a process of its own: the files that say how functions
// are called are those of whoever wrote the benchmark, and the libraries that read them are known
// to crash on hostile ones. A process that crashes, hangs or lies costs names and nothing else. One
// thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/peer.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/flame/flame.h"
#include "core/model/collected_stacks.h"
#include "core/symbols/symbols.h"

namespace melisai::naming {

/// Of all answers together. The program has limits of its own besides: memory and CPU time.
inline constexpr Milliseconds kTimeMax{120'000};
/// Of what is under way when the user interrupts it: names that are nearly there are welcome.
inline constexpr Milliseconds kInterruptedTimeMax{1'000};

struct Options {
  /// Absolute path of melisai-gate-symbols; "": where our programs are.
  std::string program = "";
  /// Processes that were watched still live: their files are looked for in their own roots, which
  /// takes CAP_SYS_PTRACE where they are another user's.
  bool living = false;
  Milliseconds time_max = kTimeMax;
  std::function<bool()> interrupted{};  ///< asked while it is waited; none: nobody interrupts
};

/// As symbols::Symbolizer with flame::name_stacks(): one for both sides of a comparison. The
/// process starts with the first stacks and ends with this object. After the first error that is
/// not of one request all calls give the same one.
class Namer {
 public:
  explicit Namer(Options options = {}) : options_(std::move(options)) {}

  /// Errors: interrupted; what the process could not do, or how it ended, and what to do.
  Result<flame::Named> name_stacks(const CollectedStacks& collected, flame::Weight weight);
  /// `place`: one of flame::Named::places. Errors: not_found, limit; as above.
  Result<symbols::SourceLine> line_of(symbols::FrameId place);
  /// Files whose functions stay unknown, most used first.
  Result<std::vector<symbols::FileProblem>> problems();

  /// Of the process; nothing before it starts and after it ended.
  std::optional<pid_t> pid() const;

 private:
  Result<std::string> ask(const std::string& request);
  Result<std::string> converse(const std::string& request);
  Result<void> start();
  Error ended();
  Milliseconds left() const { return options_.time_max - used_; }
  bool is_interrupted() const { return options_.interrupted && options_.interrupted(); }

  Options options_;
  std::optional<Peer> peer_;
  std::optional<Error> lost_;
  Milliseconds used_{0};
};

}  // namespace melisai::naming

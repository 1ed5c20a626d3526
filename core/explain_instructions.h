// Instructions and allocations of a run under callgrind: exact where no counter of the CPU is, for
// any user. Used by core/exact and core/explain.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/gate/cause/cause.h"

namespace melisai {

/// A function of the program, with what the libraries of the system did on its behalf.
struct CountedFunction {
  std::size_t file = 0;  ///< of CountedWork::files
  int line = 0;          ///< where its code begins; 0 when not known
  double instructions = 0;
  double allocations = 0;  ///< that it asked for itself
};
/// One run, all of its processes.
struct CountedWork {
  double instructions = 0;
  double allocations = 0;  ///< calls of malloc and its kin
  std::map<std::string, CountedFunction> functions;
  std::vector<std::string> files{""};  ///< as the compiler was told; the first: not known
  std::size_t name_bytes = 0;          ///< of functions and files
};

/// Whether there is no time left.
using IsLate = std::function<bool()>;

/// Adds what one process did: the text of a callgrind.out file. Whoever wrote the program may have
/// written the file. Errors: parse, limit, timeout.
Result<void> add_callgrind(std::string_view text, CountedWork& work, const IsLate& is_late = {});

/// What callgrind has to be called with, for its files to be read here. Understood by
/// measure::PairRunner::run_under().
std::vector<std::string> callgrind_command(const std::string& valgrind);

/// Of the files callgrind.* in `directory`, which that command wrote. Errors: as above; not_found,
/// io; unavailable, where processes cannot be told apart.
Result<CountedWork> read_callgrind(const std::string& directory, const IsLate& is_late = {});

struct WorkRuns {
  std::vector<CountedWork> base, head;
};
/// Why two runs of one side do not count; "" when they agree to within a thousandth, or `tolerance`
/// where that is more.
std::string disagreement(const WorkRuns& runs, double tolerance);

/// Adds instructions and allocations, where they were counted.
void add_work(const WorkRuns& runs, gate::CauseInput& input);

/// The functions whose instructions grew, or whose allocations where that is the cause; most first.
/// Nobody where there is no growth of all. Unlike stacks these know who called a library that has
/// no frame pointers. `trees`: in no file's name that people see.
std::vector<EvidenceFunction> grown_functions(const WorkRuns& runs, Cause cause,
                                              const std::vector<std::string>& trees);

}  // namespace melisai

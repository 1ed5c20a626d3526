// Instructions and allocations of a run under callgrind: exact where no counter of the CPU is, for
// any user. Private to core/explain.
#pragma once

#include <cstdint>
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
  std::string file;  ///< as the compiler was told; "" when not known
  int line = 0;      ///< where its code begins; 0 when not known
  double instructions = 0;
};
/// One run, all of its processes.
struct CountedWork {
  double instructions = 0;
  double allocations = 0;  ///< calls of malloc and its kin
  std::map<std::string, CountedFunction> functions;
};

/// Adds what one process did: the text of a callgrind.out file. Whoever wrote the program may have
/// written the file. Errors: parse, limit.
Result<void> add_callgrind(std::string_view text, CountedWork& work);

/// Of the files callgrind.* in `directory`. Errors: as above; not_found, io.
Result<CountedWork> read_callgrind(const std::string& directory);

struct WorkRuns {
  std::vector<CountedWork> base, head;
};
/// Why two runs of one side do not count; "" when they agree to within a thousandth.
std::string disagreement(const WorkRuns& runs);

/// Adds instructions and allocations, where they were counted.
void add_work(const WorkRuns& runs, gate::CauseInput& input);

/// The functions whose instructions grew, most first. Unlike stacks these know who called a
/// library that has no frame pointers. `trees`: in no file's name that people see.
std::vector<EvidenceFunction> grown_functions(const WorkRuns& runs,
                                              const std::vector<std::string>& trees);

}  // namespace melisai

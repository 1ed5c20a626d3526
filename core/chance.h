// Whether a run under valgrind could have drawn its work: asked for the time, for random bytes, for
// its own number, or for whatever else differs from run to run. Used by core/exact.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/project.h"

namespace melisai {

/// A command of valgrind that also notes the system calls of each process. Understood by
/// measure::PairRunner::run_under().
std::vector<std::string> with_calls_noted(std::vector<std::string> valgrind_command);

/// What the notes of one process tell: the first call by which chance may have come in, "" for
/// none. Only calls that are known to bring none count as such. What a program can see without
/// asking the kernel (a counter or a generator of the CPU, the random bytes that it was started
/// with) is not among them. Pure.
std::string chance_in(std::string_view notes);

/// The same of all processes of a run of `line`, whose notes are in `directory`; also not "" where
/// there are no notes, or too many, and where they are of another program than `line` names: those
/// of a program end where it becomes another one. Errors: io.
Result<std::string> chance_of_run(const std::string& directory, const RunLine& line);

}  // namespace melisai

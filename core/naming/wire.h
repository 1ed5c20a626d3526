// What is said between us and melisai-gate-symbols, as text (README.md): requests and answers are
// lines up to "end". Answers are hostile: who wrote the files that the program reads
// may be the one who answers. Pure. Private to core/naming.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/flame/flame.h"
#include "core/model/collected_stacks.h"
#include "core/symbols/symbols.h"

namespace melisai::naming {

inline constexpr Bytes kRequestBytesMax = Bytes{32} << 20;
inline constexpr Bytes kAnswerBytesMax = Bytes{64} << 20;

std::string names_request(const CollectedStacks& collected, flame::Weight weight);
std::string line_request(symbols::FrameId place);
std::string problems_request();

struct Request {
  enum class Kind { names, line, problems };
  Kind kind = Kind::problems;
  flame::Weight weight = flame::Weight::count;
  CollectedStacks collected;
  symbols::FrameId place = 0;
};
/// Nothing for a text of another shape.
std::optional<Request> read_request(std::string_view text);

std::string names_answer(const flame::Named& named);
std::string line_answer(const symbols::SourceLine& line);
std::string problems_answer(const std::vector<symbols::FileProblem>& problems);
std::string failed_answer(const Error& error);

/// Whether `text` is a request or an answer up to its end.
bool is_whole(std::string_view text);

/// Names for `asked`. Errors: those of failed_answer(); parse, for what cannot be an answer: it
/// has more stacks or frames than were asked for, another weight, or a shape of its own.
Result<flame::Named> read_names(std::string_view text, const CollectedStacks& asked,
                                flame::Weight weight);
Result<symbols::SourceLine> read_line(std::string_view text);
Result<std::vector<symbols::FileProblem>> read_problems(std::string_view text);

}  // namespace melisai::naming

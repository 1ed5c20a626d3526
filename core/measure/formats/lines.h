// Lines of a text result as a person saw them: without colours, line ends of any system, what a
// progress bar had drawn before, and the time that a CI service put in front.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

class Lines {
 public:
  Lines(Input& input, const Limits& limits)
      : input_(input), limits_(limits), number_(input.lines_skipped()) {}

  /// The next line, valid until the call after it; nothing at the end. Errors: those of
  /// Input::next(), limit (a line too long, with its number).
  Result<std::optional<std::string_view>> next();
  std::size_t number() const { return number_; }  ///< of the last line, from 1
  /// The same error with "SOURCE:LINE: " in front.
  Error at(Error error) const;
  /// An Error of code parse: "SOURCE:LINE: what".
  Error wrong(const std::string& what) const;

 private:
  Result<bool> read_line();
  /// Leaves out of a long line what a progress bar has drawn over; no part may be too long.
  Result<void> shorten();

  Input& input_;
  const Limits& limits_;
  std::string_view chunk_;
  std::string line_;   ///< of a line that is cut by a chunk
  std::string clean_;  ///< of a line that had to be cleaned
  std::string_view last_;
  std::size_t number_ = 0;
  bool at_end_ = false;
};

/// Hands every line to `take`. Errors: those of Lines::next(), and of `take` with SOURCE:LINE.
Result<void> each_line(Input& input, const Limits& limits,
                       const std::function<Result<void>(std::string_view)>& take);

/// Removes terminal escape sequences and other control characters but tabs; of what carriage
/// returns overwrote, the last part that is not blank stays. Returns a part of `line` itself when
/// there is nothing else to remove, else a view of `buffer`, which `line` must not be in.
std::string_view cleaned(std::string_view line, std::string& buffer);

/// Without the time in front of a line of a downloaded CI log ("2026-04-12T22:06:46.4828380Z ").
std::string_view without_log_time(std::string_view line);

std::string_view trimmed(std::string_view text);  ///< without blanks and tabs around it
/// Words between blanks and tabs; at most `max`, the last one takes the rest.
std::vector<std::string_view> words_of(std::string_view line, std::size_t max = 64);
/// Fields between runs of at least two blanks, or tabs: columns of a table for people.
std::vector<std::string_view> columns_of(std::string_view line);

}  // namespace melisai::formats

// Lines of a file that nobody vouches for: bounded, numbered, also of a pipe or standard input.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai {

/// Puts lines together from bytes that are cut anywhere.
class LineCutter {
 public:
  using EachLine = std::function<Result<void>(std::string_view line)>;

  /// `source`: what messages call the input.
  LineCutter(std::string source, std::size_t line_bytes_max);

  /// `each` gets every line that ends in `bytes`, without its '\n'. Errors: limit, with the place;
  /// those of `each`. After one, nothing more may be added.
  Result<void> add(std::string_view bytes, const EachLine& each);
  /// `each` gets what follows the last '\n', which may be nothing.
  Result<void> finish(const EachLine& each);

  std::size_t number() const { return number_; }  ///< of the newest line, from 1
  std::string place() const;                      ///< "SOURCE:NUMBER"

 private:
  Error too_long() const;

  std::string source_;
  std::size_t line_bytes_max_;
  std::size_t number_ = 0;
  std::string rest_;  ///< of a line whose end has not come yet
};

/// What messages call `file`, which is "-" for standard input.
std::string input_name(const std::string& file);

/// Hands `take` the bytes of `file` ("-": standard input) part by part until they end. Errors:
/// those of `take`; not_found, io, interrupted.
Result<void> read_parts(const std::string& file,
                        const std::function<Result<void>(std::string_view bytes)>& take);

}  // namespace melisai

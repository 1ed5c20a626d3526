#include "core/worker/options.h"

#include <charconv>
#include <string_view>

#include "core/base/text.h"

namespace melisai::worker {
namespace {

constexpr const char* kUsage =
    "usage: melisai-gate-worker [--memory-max BYTES] [--log-max BYTES] [--program] FILE";

Result<Bytes> parse_number(std::string_view option, std::string_view text) {
  Bytes value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Error{Errc::usage,
                 std::string(option) + " needs a number of bytes, not " + in_quotes(text)};
  return value;
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--program") {
      options.program = true;
    } else if (argument == "--memory-max" || argument == "--log-max") {
      if (++i == argc) return Error{Errc::usage, std::string(argument) + " needs a number"};
      MELISAI_TRY(const Bytes value, parse_number(argument, argv[i]));
      (argument == "--log-max" ? options.log_max : options.memory_max) = value;
    } else if (argument.starts_with("-") || !options.file.empty()) {
      return Error{Errc::usage, "unexpected argument " + in_quotes(argument) + "; " + kUsage};
    } else {
      options.file = argument;
    }
  }
  if (options.file.empty()) return Error{Errc::usage, kUsage};
  return options;
}

}  // namespace melisai::worker

#include "core/worker/options.h"

#include <charconv>
#include <string_view>

#include "core/base/text.h"

namespace melisai::worker {
namespace {

constexpr const char* kUsage =
    "usage: melisai-gate-worker [--memory-max BYTES] [--log-max BYTES] [--program] FILE";
constexpr const char* kFixedUsage =
    "usage: melisai-gate-worker-bpf [--memory-max BYTES] [--log-max BYTES]; what it loads is "
    "compiled in";

Result<Bytes> parse_number(std::string_view option, std::string_view text) {
  Bytes value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Error{Errc::usage,
                 std::string(option) + " needs a number of bytes, not " + in_quotes(text)};
  return value;
}

// A limit at argv[i], which moves on to its number. False: it is none.
Result<bool> take_limit(int argc, const char* const* argv, int& i, Options& options) {
  const std::string_view argument = argv[i];
  if (argument != "--memory-max" && argument != "--log-max") return false;
  if (++i == argc) return Error{Errc::usage, std::string(argument) + " needs a number"};
  MELISAI_TRY(const Bytes value, parse_number(argument, argv[i]));
  (argument == "--log-max" ? options.log_max : options.memory_max) = value;
  return true;
}

Error unexpected(std::string_view argument, const char* usage) {
  return {Errc::usage, "unexpected argument " + in_quotes(argument) + "; " + usage};
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    MELISAI_TRY(const bool is_limit, take_limit(argc, argv, i, options));
    if (is_limit) continue;
    const std::string_view argument = argv[i];
    if (argument == "--program") {
      options.program = true;
    } else if (argument.starts_with("-") || !options.file.empty()) {
      return unexpected(argument, kUsage);
    } else {
      options.file = argument;
    }
  }
  if (options.file.empty()) return Error{Errc::usage, kUsage};
  return options;
}

Result<Options> parse_fixed_options(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    MELISAI_TRY(const bool is_limit, take_limit(argc, argv, i, options));
    if (!is_limit) return unexpected(argv[i], kFixedUsage);
  }
  return options;
}

}  // namespace melisai::worker

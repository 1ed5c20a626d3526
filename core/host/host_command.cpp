// The last phase of `collect`: output.
#include <cstdio>
#include <filesystem>

#include "core/base/output.h"
#include "core/base/text.h"
#include "core/host/host.h"

namespace melisai::host {
namespace {

Result<void> check_output(const std::string& file) {
  const std::filesystem::path directory = std::filesystem::path(file).parent_path();
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error))
    return Error{Errc::usage, "--output: there is no directory " + in_quotes(directory.string())};
  if (!std::filesystem::is_directory(file, error)) return {};
  return Error{Errc::usage, "--output: " + in_quotes(file) + " is a directory; name a file in it"};
}

}  // namespace

Result<int> run(const CollectCommand& command, World& world,
                const std::function<bool(std::string_view)>& print) {
  const Say say = [&](const std::string& line) {
    if (!command.quiet) std::fprintf(stderr, "%s\n", line.c_str());
  };
  CollectRequest request = command.request;
  MELISAI_TRY(request.profile, choose_profile(command.profile));
  const bool to_file = command.output != "-";
  // Now, not after a minute of watching.
  if (to_file) MELISAI_CHECK(check_output(command.output));
  MELISAI_TRY(const HostReport report, collect(request, world, say));
  if (to_file) {
    MELISAI_CHECK(write_output(command.output, to_json(report)));
    say("output: " + command.output);
  }
  std::string text;
  if (command.explained)
    text = explain(report);
  else if (!to_file)
    text = to_json(report);
  if (!print(text)) return cannot_print();
  return 0;
}

}  // namespace melisai::host

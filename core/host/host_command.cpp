// The last phase of `collect`: output.
#include <cstdio>
#include <filesystem>

#include "core/base/output.h"
#include "core/base/text.h"
#include "core/host/flame_files.h"
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

Result<void> check_flame(const std::string& directory, const HostProfile& profile) {
  if (const std::string problem = why_no_stacks(profile); !problem.empty())
    return Error{Errc::usage, "--flame: " + problem};
  std::error_code error;
  if (!std::filesystem::exists(directory, error) || std::filesystem::is_directory(directory, error))
    return {};
  return Error{Errc::usage, "--flame: " + in_quotes(directory) + " is a file; name a directory"};
}

Result<void> draw(const HostReport& report, const std::string& directory, const Say& say) {
  MELISAI_TRY(const FlameFiles files, write_flame_files(report, directory));
  for (const std::string& problem : files.problems) say("flame: " + problem);
  for (const std::string& path : files.written) say("flame: " + path);
  if (files.written.empty())
    say("flame: no graph, because no stacks were collected; `melisai-gate doctor` says what is "
        "missing");
  return {};
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
  if (!command.flame.empty()) MELISAI_CHECK(check_flame(command.flame, request.profile));
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
  // Last: what goes wrong here must not cost the report.
  if (!command.flame.empty()) MELISAI_CHECK(draw(report, command.flame, say));
  return 0;
}

}  // namespace melisai::host

// The last phase of `collect`: output.
#include <cstdio>

#include "core/base/files.h"
#include "core/host/host.h"

namespace melisai::host {

Result<int> run(const CollectCommand& command, World& world,
                const std::function<bool(std::string_view)>& print) {
  const Say say = [&](const std::string& line) {
    if (!command.quiet) std::fprintf(stderr, "%s\n", line.c_str());
  };
  MELISAI_TRY(const HostReport report, collect(command.request, world, say));
  const bool to_file = command.output != "-";
  if (to_file) {
    MELISAI_CHECK(write_file(command.output, to_json(report)));
    say("output: " + command.output);
  }
  std::string text;
  if (command.explained)
    text = explain(report);
  else if (!to_file)
    text = to_json(report);
  if (!print(text)) return Error{Errc::io, "the report could not be written to standard output"};
  return 0;
}

}  // namespace melisai::host

#include "core/serve/attempt_command.h"

#include "core/serve/ready_attempt.h"
#include "core/serve/secrets_section.h"
#include "core/serve/workspace.h"

namespace melisai::serve {
namespace {

constexpr Bytes kAttemptLogMax = 1 << 20;  // of `work` itself; stages have logs of their own

}  // namespace

Command attempt_command(const Context& context, const std::string& directory) {
  Command command;
  command.argv = {
      context.world.program, "work",
      "--state-dir",         context.state_dir,
      "--workspace",         workspace_of(context.config.orchestrator, context.state_dir),
      "--open-files",        std::to_string(context.open_files)};
  std::vector<std::string> hidden = private_files(context.config);
  if (!context.config_file.empty()) hidden.push_back(context.config_file);
  for (std::string& path : hidden)
    command.argv.insert(command.argv.end(), {"--hidden", std::move(path)});
  command.env = context.world.environment;
  // What a file replaces is in no environment any more but ours.
  for (const auto& [name, source] : context.config.secret_sources)
    if (!source.file.empty())
      std::erase_if(command.env, [start = name + "="](const std::string& each) {
        return each.starts_with(start);
      });
  command.cwd = directory;
  command.stdout_file = command.stderr_file = directory + "/" + ReadyAttempt::kLogFile;
  command.output_max = kAttemptLogMax;
  command.timeout = kAttemptMax;
  return command;
}

}  // namespace melisai::serve

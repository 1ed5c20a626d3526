// The subcommands that look at the host: collect, mcp. Private to the command line (cli.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/cli.h"
#include "core/cli_options.h"

namespace CLI {
class App;
}

namespace melisai::cli {

class HostParser {
 public:
  explicit HostParser(CLI::App& app);
  /// The subcommand that was given, or nothing when it is none of these. Errors: usage.
  Result<std::optional<Invocation>> make(const EnvLookup& env) const;

 private:
  void add_collect();
  void add_mcp();
  Result<void> check_combinations() const;
  Result<Invocation> collect() const;
  Result<Invocation> mcp(const EnvLookup& env) const;
  Result<host::ProfileChoice> profile() const;

  CLI::App& app_;
  std::string profile_, config_file_, focus_, output_, flame_, duration_, pid_, cgroup_,
      max_events_, state_dir_;
  std::vector<std::string> plugin_dirs_, command_;
  bool quiet_ = false;
  bool explained_ = false;
};

}  // namespace melisai::cli

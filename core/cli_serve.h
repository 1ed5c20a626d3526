// The subcommands around the daemon: validate, serve and those that talk to it. Private to the
// command line (cli.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/cli.h"

namespace CLI {
class App;
}

namespace melisai::cli {

/// The options of source document 004 (`--validate-config`, `--stop`) as the subcommands that they
/// stand for.
std::vector<std::string> without_old_options(std::vector<std::string> arguments);

class ServeParser {
 public:
  explicit ServeParser(CLI::App& app);
  /// The subcommand that was given, or nothing when it is none of these.
  Result<std::optional<Invocation>> make(const EnvLookup& env) const;

 private:
  CLI::App& add(const std::string& name, const std::string& what);
  void add_validate();
  void add_serve();
  void add_control();
  CLI::App& add_pause(const std::string& name, const std::string& what, const std::string& of_one);
  void add_logs();
  void add_work();
  Result<Invocation> validate() const;
  Result<Invocation> serve(const std::string& state_dir) const;
  Result<Invocation> control(const std::string& command, const std::string& state_dir) const;
  Result<Invocation> work(const std::string& state_dir) const;

  CLI::App& app_;
  std::string config_file_, file_, state_dir_, project_, pipeline_, ref_, run_, module_, directory_,
      ready_, workspace_, commit_;
  std::string number_;
  std::uint64_t open_files_ = 0;
  std::vector<std::string> params_, hidden_;
  bool all_ = false;
  bool json_ = false;
  bool modules_ = false;
  bool daemon_ = false;
  bool follow_ = false;
};

}  // namespace melisai::cli

// The subcommands that read and tend what is stored, `plugins` and `doctor`. Private to the command
// line (cli.h).
#pragma once

#include <optional>
#include <string>

#include "core/cli.h"

namespace CLI {
class App;
}

namespace melisai::cli {

class RecordsParser {
 public:
  explicit RecordsParser(CLI::App& app);
  /// The subcommand that was given, or nothing when it is none of these. Errors: usage.
  Result<std::optional<Invocation>> make(const EnvLookup& env) const;

 private:
  CLI::App& add(const std::string& name, const std::string& help);
  void add_plugins();
  void add_doctor();
  void add_runs();
  void add_baseline();
  void add_ack();
  void add_import();
  std::vector<std::string> plugin_dirs() const;
  Result<std::optional<RecordsRequest>> request() const;
  Result<RecordsRequest> list_or_pairs() const;
  Result<RecordsRequest> report_request() const;
  Result<RecordsRequest> gc_request() const;
  Result<RecordsRequest> baseline_request() const;
  Result<RecordsRequest> ack_request() const;
  Result<RecordsRequest> import_request() const;

  CLI::App& app_;
  std::string state_dir_, wait_, project_, pipeline_, directory_ = ".";
  std::string run_, pairs_, limit_, format_ = "terminal", keep_, id_, branch_;
  std::string benchmark_, metric_, until_, reason_, up_to_;
  std::string file_, commit_, date_, result_format_ = "auto";
  std::vector<std::string> plugin_dirs_;
  bool json_ = false;
  bool list_ = false;
  bool fix_commands_ = false;
  bool flame_ = false;
};

}  // namespace melisai::cli

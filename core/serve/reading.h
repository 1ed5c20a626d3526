// What the readers of the sections of serve's configuration share. Part of config.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/serve/config.h"

namespace melisai::serve {

/// One reading of one file.
struct Reading {
  ConfigErrors& errors;
  EnvExpander& env;
  const ConfigSources& sources;
  std::vector<std::string>& remarks;

  /// Kept once.
  void remark(const std::string& sentence);
};

/// A text with ${NAME} from the environment. Where `key` names_private() it is masked from here on,
/// and one that stands in the file itself is remarked on.
std::string expanded(ConfigMap& map, std::string_view key, Reading& reading);
/// A text that is masked from here on, with every variable in it.
std::string private_text(ConfigMap& map, std::string_view key, Reading& reading);

/// A list, or a single text instead of a list of one. Empty when absent.
std::vector<std::string> one_or_more(ConfigMap& map, std::string_view key, Reading& reading);

/// The same of patterns of 1 to 200 bytes, at most 200.
std::vector<std::string> read_patterns(ConfigMap& map, std::string_view key, Reading& reading);

/// Patterns of branches or tags, `fallback` when absent. Full names of refs are refused: what is
/// not a branch or a tag was pushed by strangers.
std::vector<std::string> read_ref_patterns(ConfigMap& map, std::string_view key, Reading& reading,
                                           const std::vector<std::string>& fallback);

/// `params`: texts by name, the rest of MELISAI_PARAM_<name>.
std::map<std::string, std::string> read_params(ConfigMap& map, Reading& reading);

/// `timezone` of what starts by `trigger`.
std::string read_timezone(ConfigMap& map, PipelineSpec::Trigger trigger, Reading& reading);

/// A path in the file: "" stays, others become absolute.
std::string absolute_path(const std::string& path, const Reading& reading);

/// Nobody on the way to it has to be trusted.
bool is_this_machine(std::string_view host);

/// Why a web service cannot be asked there, "" when it can be. What its server is asked for is
/// looked at by who asks; here only what people mix up.
std::string url_problem(const std::string& url);

/// A name of something in this file, without '/': 1 to 100 letters, digits and _ . + -.
bool is_plain_name(std::string_view name);
inline constexpr std::string_view kPlainNameRule =
    "use 1 to 100 letters, digits, '_', '.', '+' or '-', not starting with '-'";

/// An error at `key` when the list is no list or too long; its items.
const std::vector<ConfigValue>& items_of(ConfigMap& map, std::string_view key,
                                         std::string_view example);

}  // namespace melisai::serve

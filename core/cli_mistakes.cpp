#include "core/cli_mistakes.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "core/base/config.h"
#include "core/base/text.h"

namespace melisai::cli {
namespace {

using Names = std::vector<std::string>;

/// The options behind which a command expects commits; elsewhere people type them without.
struct CommitOptions {
  const char* command;
  std::array<const char*, 2> options;
};
constexpr CommitOptions kCommitOptions[] = {{"bisect", {"--good", "--bad"}},
                                            {"check", {"--base", "--head"}}};

Names commands_of(const CLI::App& app) {
  Names names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    for (const std::string& alias : command->get_aliases()) names.push_back(alias);
  }
  return names;
}

/// Whether a word that is no subcommand may be an argument.
bool takes_words(const CLI::App& command) {
  const auto is_positional = [](const CLI::Option* option) { return option->get_positional(); };
  const auto options = command.get_options();
  return std::any_of(options.begin(), options.end(), is_positional);
}

Names options_of(const CLI::App& command) {
  Names names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// The nearest one, or else the only one that starts so.
std::string meant(const std::string& typed, const Names& options) {
  const std::string near = nearest_name(typed, options);
  if (!near.empty()) return near;
  const auto starts_so = [&](const std::string& option) { return option.starts_with(typed); };
  if (std::count_if(options.begin(), options.end(), starts_so) != 1) return "";
  return *std::find_if(options.begin(), options.end(), starts_so);
}

std::string unknown_option(const std::string& typed, const CLI::App& command) {
  const std::string name = typed.substr(0, typed.find('='));
  const std::string near = meant(name, options_of(command));
  return "unknown option " + in_quotes(name) +
         (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?");
}

std::string stray_words(const Names& words, const CLI::App& command) {
  const std::string text = "unexpected " + in_quotes(words.front());
  for (const CommitOptions& each : kCommitOptions) {
    if (command.get_name() != each.command) continue;
    std::string typed = "melisai-gate " + command.get_name();
    auto word = words.begin();
    for (const char* option : each.options)
      if (command.get_option(option)->count() == 0 && word != words.end())
        typed += std::string(" ") + option + " " + printable(*word++);
    if (word != words.begin()) return text + "; commits are named by options: " + typed;
  }
  return text;
}

}  // namespace

Named named_by(const Names& arguments, const CLI::App& app) {
  Named named{.command = &app, .path = app.get_name(), .mistake = ""};
  for (const std::string& word : arguments) {
    const Names names = commands_of(*named.command);
    if (names.empty() || word.starts_with('-')) break;
    if (std::find(names.begin(), names.end(), word) == names.end()) {
      if (takes_words(*named.command)) break;
      named.mistake = "unknown command " + in_quotes(word) + suggestion(word, names, "commands");
      break;
    }
    named.command = named.command->get_subcommand(word);
    named.path += " " + word;
  }
  return named;
}

std::string unexpected(const CLI::App& command) {
  const Names words = command.remaining();
  const auto option = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word.starts_with('-') && word.size() > 1;
  });
  if (option != words.end()) return unknown_option(*option, command);
  return words.empty() ? "" : stray_words(words, command);
}

}  // namespace melisai::cli

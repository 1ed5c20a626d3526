#include "core/init/pipeline_file.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/init/templates.h"

namespace melisai::init {
namespace {

constexpr std::string_view kPlaceholder = "OWNER/melisai-gate@v0";
constexpr std::string_view kPackages = "build-essential cmake";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

/// One line as it is, several as a script that ends at the first that fails.
std::string run_value(const std::vector<std::string>& lines) {
  if (lines.size() == 1) return yaml_scalar(lines.front()) + "\n";
  std::string out = "|\n      set -e\n";
  for (const std::string& line : lines) out += "      " + printable(line) + "\n";
  return out;
}

/// Each line after `prefix`: "      " in use, "      # " as a comment.
std::string benchmark_lines(const SeenBenchmark& seen, const std::string& prefix) {
  std::string out = prefix + "- name: " + seen.name + "  # " + printable(seen.why) + "\n" + prefix +
                    "  run: " + yaml_scalar(seen.run) + "\n";
  if (!seen.format.empty()) out += prefix + "  format: " + seen.format + "\n";
  if (!seen.filter.empty()) out += prefix + "  filter: " + yaml_scalar(seen.filter) + "\n";
  return out;
}

/// No two benchmarks of one name.
std::vector<SeenBenchmark> with_own_names(std::vector<SeenBenchmark> all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string name = all[i].name;
    const auto is_taken = [&](const SeenBenchmark& each) { return each.name == all[i].name; };
    for (int number = 2;
         std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i), is_taken); ++number)
      all[i].name = name + "-" + std::to_string(number);
  }
  return all;
}

std::string benchmark_section(const std::vector<SeenBenchmark>& all) {
  const bool is_any_sure =
      std::any_of(all.begin(), all.end(), [](const SeenBenchmark& each) { return each.is_sure; });
  // A pipeline that does nothing is a mistake, so without a benchmark all of it is a comment.
  const std::string mark = is_any_sure ? "" : "# ";
  std::string out = "\n";
  if (!is_any_sure)
    out +=
        "  # Nothing is measured yet: take the marks off these lines and say what is. A good one "
        "does the same\n  # work each time and ends by itself after 0.1 to 10 seconds.\n";
  out += "  " + mark + "benchmark:\n  " + mark + "  trigger: after_build\n  " + mark +
         "  benchmarks:\n";
  for (const SeenBenchmark& each : all)
    if (each.is_sure) out += benchmark_lines(each, "      ");
  bool is_first = is_any_sure;
  for (const SeenBenchmark& each : all) {
    if (each.is_sure) continue;
    if (std::exchange(is_first, false))
      out += "      # Seen, too; take the marks off what should count:\n";
    out += benchmark_lines(each, is_any_sure ? "      # " : "  #     ");
  }
  if (all.empty())
    out +=
        "  #     - name: app\n"
        "  #       run: ./app input.txt  # the program itself is measured\n";
  return out;
}

/// The template's own lines about copying are replaced.
std::string introduced(std::string_view text, const std::string& instead) {
  std::string out;
  for (const std::string& line : lines_of(text))
    if (line.starts_with("# Copy to ") || line.starts_with("# Include it "))
      out += instead;
    else if (!line.starts_with("# MELISAI_GATE_COMMIT to "))
      out += line + "\n";
  return out;
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.";
  constexpr std::string_view kMore = "0123456789 /_=$@%+,^~*|&()-";
  const std::string clean = printable(text);
  // One word may be a number or a truth value to YAML.
  const bool is_line = clean.find_first_of(" /") != std::string::npos && !clean.ends_with(' ');
  const bool is_plain =
      is_line && kFirst.find(clean.front()) != std::string_view::npos &&
      clean.find_first_not_of(std::string(kFirst).append(kMore)) == std::string::npos;
  if (is_plain) return clean;
  std::string out = "\"";
  for (const char c : clean) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string pipeline_file(std::string_view system, const Seen& seen) {
  std::string out = "# Written by `melisai-gate init`, which saw " + std::string(system) +
                    ". Every key: config/melisai-gate.yaml of melisai-gate;\n"
                    "# `melisai-gate validate` says whether this file is right, `melisai-gate "
                    "check --base main` uses it.\n"
                    "version: 1\n\npipelines:\n  build:\n    trigger: on_commit\n    run: " +
                    run_value(seen.build);
  if (!seen.test.empty())
    out += "\n  test:\n    trigger: after_build\n    run: " + run_value(seen.test);
  return out + benchmark_section(with_own_names(seen.benchmarks));
}

std::string github_workflow(const Seen& seen, const std::string& action) {
  const std::string uses = action.empty() ? std::string(kPlaceholder) : action;
  const std::string note =
      action.empty() ? "# Replace " + std::string(kPlaceholder) +
                           " by the action and the full sha of the commit that you trust.\n"
                     : "";
  std::string text = introduced(kGithubWorkflow, "# Written by `melisai-gate init`.\n" + note);
  // The note names the placeholder, which stays a placeholder there.
  if (!action.empty()) text = replaced(std::move(text), kPlaceholder, uses);
  return replaced(std::move(text), kPackages, seen.packages);
}

std::string gitlab_jobs(const Seen& seen) {
  const std::string text = introduced(
      kGitlabJobs,
      "# Written by `melisai-gate init`. Set MELISAI_GATE and MELISAI_GATE_COMMIT to the "
      "sources and the commit that you trust.\n");
  return replaced(text, kPackages, seen.packages);
}

}  // namespace melisai::init

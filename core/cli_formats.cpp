#include "core/cli_formats.h"

#include <CLI/CLI.hpp>

#include "core/measure/formats/formats.h"

namespace melisai::cli {
namespace {

constexpr const char* kFormatHelp =
    "What the files are (default auto; `melisai-gate formats` lists them)";

}  // namespace

FormatsParser::FormatsParser(CLI::App& app) : app_(app) {
  add_compare();
  add_parse();
  add_formats();
}

void FormatsParser::add_compare() {
  CLI::App& compare = *app_.add_subcommand(
      "compare",
      "Judge results that were measured elsewhere: two files, or directories of them; or show what "
      "differs between two reports of `collect`");
  compare.alias("diff");
  compare
      .add_option("BASE", base_,
                  "Result file of the old program, or a directory with one file a run")
      ->required();
  compare.add_option("HEAD", head_, "The same of the new program")->required();
  compare.add_option("--format", format_, kFormatHelp)->type_name("F");
  compare.add_option("--only", only_, "Only benchmarks whose name matches")->type_name("GLOB");
  compare
      .add_option("--noise-floor", noise_floor_,
                  "How far two values of equal programs lie apart, such as 2%; lets single values "
                  "be judged")
      ->type_name("PCT");
  compare
      .add_option("--threshold", typed_.threshold, "Smallest slowdown that matters (default 5%)")
      ->type_name("PCT");
  compare
      .add_option("--false-alarm", typed_.false_alarm,
                  "Chance of a wrong regression, for all metrics together (default 1%)")
      ->type_name("PCT");
  compare
      .add_option("--miss", typed_.miss,
                  "Chance of a wrong all-clear at the threshold, per metric (default 5%)")
      ->type_name("PCT");
  add_fail_on_option(compare, typed_);
  compare
      .add_option("--output-dir", typed_.output_dir,
                  "Where report.json and report.md go (default melisai-report)")
      ->type_name("DIR");
  compare.add_flag("--json", typed_.display.json, "The report as JSON on standard output");
  compare.add_flag("--quiet", typed_.display.quiet, "Only the verdict");
  compare.footer(
      "\nExit codes: 0 pass, 1 regression, 2 usage or a file that cannot be read as results,\n"
      "3 inconclusive (only with --fail-on inconclusive), 4 the report could not be written or a\n"
      "benchmark failed. Of two reports of `collect`: 0 nothing is plainly worse, 1 something is, "
      "or\n"
      "an anomaly is new, 3 they cannot be judged against each other: another machine, kernel,\n"
      "profile or target, or a window below 5 s (0 with --fail-on regression).");
}

void FormatsParser::add_parse() {
  CLI::App& parse =
      *app_.add_subcommand("parse", "Show what is read in a result file, in canonical units");
  parse.add_option("FILE", file_, "A result file; - for standard input")->required();
  parse.add_option("--format", format_, kFormatHelp)->type_name("F");
  parse.add_flag("--json", typed_.display.json,
                 "[{benchmark, metric, unit, better, value, n}] on standard output");
  parse.footer(
      "\nExit codes: 0 read (a benchmark that failed is a warning), 2 usage or a file that is no\n"
      "result, 4 reading or writing failed.");
}

void FormatsParser::add_formats() {
  CLI::App& formats =
      *app_.add_subcommand("formats", "List the result formats and the commands that make them");
  formats.add_flag("--json", typed_.display.json, "[{name, tool, made_by, filter}]");
}

/// The first option that was typed and says nothing about reports of `collect`, "" when none was.
std::string FormatsParser::benchmark_option() const {
  const CLI::App& compare = *app_.get_subcommand("compare");
  for (const CLI::Option* option : compare.get_options()) {
    const std::string name = option->get_single_name();
    const bool of_both = option->get_positional() || name == "json" || name == "fail-on";
    if (option->count() > 0 && !of_both) return "--" + name;
  }
  return "";
}

Result<FormatSpec> FormatsParser::format() const {
  FormatSpec spec{.name = format_, .json = {}, .regex = {}};
  std::string problem = formats::problem_of(spec);
  if (spec.measures_process()) problem = "command is no format of a file";
  if (!problem.empty()) return usage("--format", problem);
  return spec;
}

Result<Invocation> FormatsParser::compare() const {
  CompareCommand command;
  command.display = typed_.display;
  command.benchmark_option = benchmark_option();
  CompareRequest& request = command.request;
  if (base_.empty() || head_.empty()) return usage(base_.empty() ? "BASE" : "HEAD", "is empty");
  if (base_ == "-" && head_ == "-") return usage("compare", "only one side can be standard input");
  request.base = base_;
  request.head = head_;
  MELISAI_TRY(request.format, format());
  MELISAI_TRY(request.overrides, read_overrides(typed_));
  request.only = only_;
  constexpr double kNoiseMin = 0, kNoiseMax = 10;
  MELISAI_TRY(request.noise_floor, fraction("--noise-floor", noise_floor_, kNoiseMin, kNoiseMax));
  request.output_dir = absolute(typed_.output_dir);
  return Invocation(std::move(command));
}

Result<Invocation> FormatsParser::parse() const {
  if (file_.empty()) return usage("FILE", "is empty");
  ParseRequest request;
  request.file = file_;
  request.json = typed_.display.json;
  MELISAI_TRY(request.format, format());
  return Invocation(std::move(request));
}

Result<std::optional<Invocation>> FormatsParser::make() const {
  const auto optional = [](Result<Invocation> made) -> Result<std::optional<Invocation>> {
    if (!made) return made.error();
    return std::optional<Invocation>(*std::move(made));
  };
  if (app_.got_subcommand("compare")) return optional(compare());
  if (app_.got_subcommand("parse")) return optional(parse());
  if (app_.got_subcommand("formats"))
    return optional(Invocation(FormatsRequest{typed_.display.json}));
  return std::optional<Invocation>();
}

}  // namespace melisai::cli

// Report renderers, one file per format, and the progress display of the terminal. Text of
// benchmarks and logs is hostile: every renderer escapes it for its format. Commands with tables of
// their own find Table and safe text here too.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/model/pipeline_run.h"
#include "core/model/progress.h"
#include "core/model/report.h"
#include "core/report/exhibits.h"
#include "core/report/row_text.h"
#include "core/report/table.h"
#include "core/report/text.h"
#include "core/store/store.h"

namespace melisai::report {

/// GitHub-flavoured Markdown: verdict word first, worst three inline, table, stages that failed
/// with the log's tail, machine, and how to do it again: `repeat`, a shell line, "" when there is
/// none.
std::string render_markdown(const Report& report, const std::string& repeat = "");

/// One self-contained HTML page of at most kHtmlBytesMax bytes, whole without JavaScript.
std::string to_html(const Report& report, const Exhibits& exhibits = {});

/// JUnit XML: a test for each benchmark metric, one for the verdict, one for each stage that
/// failed. Failed is what made the verdict red; what was not decided is skipped, with the reason.
std::string render_junit(const Report& report);

/// A small SVG image for a README: "performance | pass".
struct Badge {
  enum class Colour { green, red, amber, grey };
  std::string label = "performance";
  std::string message;
  Colour colour = Colour::grey;
};
Badge badge_of(const Report& report);
std::string render_badge(const Badge& badge);

struct TerminalStyle {
  bool color = false;
  int width = 100;
};
std::string render_terminal(const Report& report, TerminalStyle style);

// What the store remembers, as tables for a terminal; none is empty of rows (the caller says that
// in words).
std::string render_runs(const std::vector<store::RunSummary>& runs);
/// Whether there is a daemon: without one what runs is interrupted.
enum class Daemon { running, gone };
std::string render_pipeline_runs(const std::vector<PipelineRun>& runs, Daemon daemon);
std::string render_run(const store::Run& run);  ///< head data, report, log files
std::string render_baselines(const std::vector<store::Baseline>& baselines);
std::string render_acknowledgements(const std::vector<store::StoredAcknowledgement>& all);
std::string render_collectors(const std::vector<CollectorResult>& collectors);

/// Why its benchmarks regressed: everything that the report knows of it, or why that is nothing.
std::string render_explanation(const Report& report);

/// Makes `directory` and its logs/, removes the reports and flame graphs of an earlier run, and
/// keeps it out of `git status` of a repository that it may lie in. Call it before anything long.
/// Errors: disk_full, io.
Result<void> prepare_directory(const std::string& directory);

/// Whether what lies in `directory` is of that stored run: a later check into it replaces all.
bool is_of_run(const std::string& directory, std::int64_t run);

/// report.json, report.md and report.html in `directory` (created). Each is replaced as a whole.
/// `repeat`: as render_markdown. Flame graphs that lie in the directory are added to `exhibits`.
/// Errors: disk_full, io.
Result<void> write_reports(const Report& report, const std::string& directory,
                           const std::string& repeat = "", Exhibits exhibits = {});

/// Progress on `stream`: one line that is redrawn on a terminal, plain lines (a stage, every tenth
/// pair) elsewhere. Colour only on a terminal without NO_COLOR (decided by the caller, in `style`).
std::unique_ptr<ProgressSink> make_terminal_progress(std::FILE* stream, bool is_terminal,
                                                     TerminalStyle style, const Clock& clock);

}  // namespace melisai::report

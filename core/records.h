// Records: the commands that read and tend what the store remembers: runs, show, report, gc,
// baseline, ack, history import. Each turns a request into text; main prints it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/clock.h"
#include "core/model/project.h"
#include "core/store/store.h"

namespace melisai {

/// "12", or "last" for the newest.
struct RunName {
  std::optional<store::RunId> id;  ///< nothing: the newest
  /// "demo/benchmark#3": a run of the daemon, whose number in the store main asks for; "": none.
  std::string of_daemon = "";
};

struct ListRuns {
  std::string project;   ///< "" for all
  std::string pipeline;  ///< runs of that pipeline in the daemon's queue instead
  std::size_t limit = 50;
  bool json = false;
  /// Whether somebody named the state directory: that nothing is there is then a mistake.
  bool is_named = false;
};
struct PrintPairs {
  RunName run;
};
struct ShowRun {
  RunName run;
  bool json = false;
};
struct PrintReport {
  RunName run;
  std::string path;  ///< absolute; a report.json or the directory of one, instead of a stored run
  enum class Format {
    json,
    markdown,
    html,
    junit,
    github,
    badge,
    terminal
  } format = Format::terminal;
};
/// Why the benchmarks of a run got slower.
struct ExplainRun {
  RunName run;
  bool json = false;
  bool flame = false;  ///< only where the flame graphs are
};
struct CollectGarbage {
  store::Retention retention;
};
struct ListBaselines {
  std::string project;
  bool json = false;
};
struct SetBaseline {
  RunName run;
  std::string branch;  ///< "" : the run's own
};
struct RemoveBaseline {
  std::int64_t id = 0;
};
struct Acknowledge {
  std::string project;
  Acknowledgement what;
};
struct ListAcknowledgements {
  std::string project;
  bool json = false;
};
struct RemoveAcknowledgement {
  std::int64_t id = 0;
};

/// Results that others measured, for `history` alone (history_import.h).
struct ImportHistory {
  std::string file;  ///< as typed, or "-"
  FormatSpec format{.name = "auto", .json = {}, .regex = {}};
  std::string project;
  std::string directory;  ///< absolute; whose repository knows the commits
  std::string branch;     ///< "" when it is not known
  std::string commit;     ///< full hash, for a file that does not name it
  std::string date;       ///< RFC 3339, UTC, for such a file; "" : now
};

using RecordsRequest =
    std::variant<ListRuns, PrintPairs, ShowRun, PrintReport, ExplainRun, CollectGarbage,
                 ListBaselines, SetBaseline, RemoveBaseline, Acknowledge, ListAcknowledgements,
                 RemoveAcknowledgement, ImportHistory>;

constexpr const char* kImportCommand = "import";  ///< of such runs in the store

struct RecordsWorld {
  std::string state_dir;  ///< absolute
  Milliseconds lock_wait{0};
  const Clock& clock;
  std::function<bool()> interrupted;
  std::function<bool(std::string_view)> print;  ///< false: nobody reads any more
  std::function<void(const std::string&)> note;
};

/// Errors: usage, not_found and parse for what the user named wrongly, limit when another process
/// writes, unavailable, io, disk_full.
Result<void> answer(const RecordsRequest& request, const RecordsWorld& world);

}  // namespace melisai

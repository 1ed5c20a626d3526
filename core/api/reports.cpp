#include <nlohmann/json.hpp>

#include "core/api/handlers.h"
#include "core/store/store.h"

namespace melisai::api {
namespace {

Result<std::string> stored_report(const std::string& state_dir, store::RunId id) {
  MELISAI_TRY(const auto store, store::Store::open_reader(state_dir));
  if (!store) return Error{Errc::not_found, "no report is stored any more"};
  MELISAI_TRY(const store::Run run, store->run(id));
  if (!run.report)
    return Error{Errc::not_found, "report " + std::to_string(id) + " was never finished"};
  return to_json(*run.report);
}

http::Response benchmarks_of(const std::string& text, std::int64_t run) {
  const Json report = Json::parse(text, nullptr, false);
  if (!report.is_object() || !report.contains("benchmarks"))
    return http::problem(500, "the stored report is damaged");
  return answer(200, {{"run", run},
                      {"report", report.value("run", std::int64_t{0})},
                      {"verdict", report.value("verdict", "")},
                      {"reason", report.value("reason", "")},
                      {"base", report.value("base", Json())},
                      {"head", report.value("head", Json())},
                      {"benchmarks", report["benchmarks"]}});
}

/// The run's report through `make`, read off the loop.
template <class Make>
void with_report(Parts& parts, Call& call, Make make) {
  const Result<PipelineRun> run = run_of(parts, call);
  if (!run) return call.respond(refused(run.error()));
  if (!run->report)
    return call.respond(http::problem(404, name_of(*run) + " has no report; it measured nothing"));
  answer_from_pool(parts.daemon, std::move(call.respond),
                   [state_dir = parts.daemon.state_dir, report = *run->report, id = run->id, make] {
                     const Result<std::string> text = stored_report(state_dir, report);
                     return text ? make(*text, id) : refused(text.error());
                   });
}

}  // namespace

void show_report(Parts& parts, Call call) {
  with_report(parts, call, [](const std::string& text, std::int64_t) {
    return http::Response{.status = 200, .body = text};
  });
}

void list_benchmarks(Parts& parts, Call call) { with_report(parts, call, benchmarks_of); }

}  // namespace melisai::api

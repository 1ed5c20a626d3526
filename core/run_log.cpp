#include "core/run_log.h"

namespace melisai {
namespace {

Stop stop_for_store(const Error& error) {
  if (error.code == Errc::limit) return {ReasonCode::busy, error.message};
  return stop_for(error, ReasonCode::disk);
}

}  // namespace

Step<RunLog> RunLog::begin(const std::string& state_dir, const store::Store::Writer& writer,
                           const store::RunStart& start,
                           std::chrono::system_clock::time_point now) {
  Result<store::Store> store = store::Store::open_writer(state_dir, writer, now);
  if (!store) return stop_for_store(store.error());
  const Result<store::RunId> run = store->begin_run(start);
  if (!run) return stop_for_store(run.error());
  return RunLog(*std::move(store), *run);
}

void RunLog::add_pair(const std::string& process, const Pair& pair) {
  keep_first(store_.add_pair(run_, process, pair));
}

void RunLog::mark_disturbed(const std::string& process, const Disturbance& what) {
  keep_first(store_.mark_disturbed(run_, process, what));
}

void RunLog::keep_first(const Result<void>& result) {
  if (!result && failure_.empty())
    failure_ = "not every pair could be stored: " + result.error().message;
}

Result<void> RunLog::finish(const Report& report, const store::RunContext& context) {
  return store_.finish_run(run_, report, context);
}

}  // namespace melisai

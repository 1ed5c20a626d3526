#include "core/bisect.h"

#include "core/base/log.h"
#include "core/bisection.h"

namespace melisai {
namespace {

constexpr int kCannotTell = 3;

int exit_code_of(const Stop& stop) { return stop.code == ReasonCode::configuration ? 2 : 4; }

int exit_code_of(const BisectResult& result) {
  const bool is_found =
      result.kind == BisectResult::Kind::culprit || result.kind == BisectResult::Kind::range;
  return is_found ? 0 : kCannotTell;
}

std::string shown(const BisectResult& result, const Display& display) {
  if (display.json) return to_json(result);
  return display.quiet ? to_short_text(result) : to_text(result);
}

}  // namespace

int bisect(const BisectRequest& request, const Display& display, World& world,
           const std::function<bool(std::string_view)>& print) {
  Bisection bisection(request, world);
  const Step<void> prepared = bisection.prepare();
  if (!prepared) {
    log_error(prepared.error().reason);
    return exit_code_of(prepared.error());
  }
  if (request.dry_run) {
    const BisectPlan plan = bisection.plan();
    const bool read =
        print(display.json ? to_json(plan, bisection.result()) : to_text(plan, bisection.result()));
    return read ? 0 : 4;
  }
  const Step<void> ran = bisection.run();
  const BisectResult& result = bisection.result();
  if (!ran) log_error(ran.error().reason);
  // An interrupt or a full disk does not take back what was found before.
  const bool is_worth_showing = ran || !result.reason.empty() || !result.steps.empty();
  const bool read = !is_worth_showing || print(shown(result, display));
  if (!ran) return exit_code_of(ran.error());
  return read ? exit_code_of(result) : 4;
}

}  // namespace melisai

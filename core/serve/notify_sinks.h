// Sinks: where notices go. One by one each gets every notice, at least once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/serve/context.h"

namespace melisai::serve {

struct Sink {
  std::string name;             ///< of NoticeRules::sinks
  bool blocks = false;          ///< `deliver` may take as long as notify.timeout
  std::string reports_of = "";  ///< a project whose reports it gets; "": every notice but reports
  bool asks_for_approval = false;  ///< of heads of that project, too, and tells of approvals
  /// Of any thread when it blocks; ends early when it is interrupted.
  std::function<Result<void>(const Notice&, const Interrupt&)> deliver;
};

/// Those that the configuration asks for. What they hold belongs to the context.
std::vector<Sink> sinks_of(const Context& context);

/// How the queue makes notices for them.
NoticeRules notice_rules(const ServeConfig& config, const std::vector<Sink>& sinks);

}  // namespace melisai::serve

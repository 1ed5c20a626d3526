// A notice about a run that failed.
#pragma once

#include <string>

#include "core/model/notice.h"
#include "tests/unit/serve/run_fixture.h"

namespace melisai::serve {

inline Notice failure_notice() {
  Notice notice;
  notice.id = 7;
  notice.level = Notice::Level::error;
  notice.event = Notice::Event::failed;
  notice.run.id = 12;
  notice.run.project = "demo";
  notice.run.pipeline = "build";
  notice.run.number = 3;
  notice.run.ref = "refs/heads/main";
  notice.run.sha = kShaA;
  notice.run.outcome = PipelineRun::Outcome::failed;
  notice.run.reason = "exit code 1";
  notice.run.attempts = 1;
  notice.reason = "exit code 1";
  notice.failures = 2;
  notice.directory = "/state/attempts/12-1";
  notice.at = kNow;
  return notice;
}

}  // namespace melisai::serve

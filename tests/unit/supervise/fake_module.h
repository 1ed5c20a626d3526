// A Module for tests: answers as it is told, at once or when the test says so, and logs its calls.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/supervise/module.h"

namespace melisai::supervise::test {

class FakeModule final : public Module {
 public:
  explicit FakeModule(std::string id, std::vector<std::string>* log = nullptr)
      : id_(std::move(id)), log_(log) {}

  void start(Done done) override {
    note("start");
    answer(std::move(done), starts, start_waiting);
  }
  void stop(Done done) override {
    note("stop");
    answer(std::move(done), stops, stop_waiting);
  }
  void check(Checked done) override {
    ++checks_seen;
    if (!answers_checks)
      check_waiting = std::move(done);
    else if (checks)
      done(issues);
    else
      done(checks.error());
  }

  Result<void> starts{};  // how each call is answered ...
  Result<void> stops{};
  Result<void> checks{};
  std::vector<Issue> issues;  // ... and with these, if checks is no error
  bool answers = true;        // start and stop, from within the call; else they are kept here
  bool answers_checks = true;
  Done start_waiting;
  Done stop_waiting;
  Checked check_waiting;
  int checks_seen = 0;

 private:
  void note(const std::string& call) {
    if (log_ != nullptr) log_->push_back(call + " " + id_);
  }
  void answer(Done done, const Result<void>& how, Done& waiting) {
    if (answers)
      done(how);
    else
      waiting = std::move(done);
  }

  std::string id_;
  std::vector<std::string>* log_;
};

}  // namespace melisai::supervise::test

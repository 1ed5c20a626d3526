// Stacks of both sides with names: what they say of a slowdown, and the flame graphs of it. A
// process of its own reads the programs that ran; this writes beside the report. Private to
// core/explain.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/explain_input.h"
#include "core/flame/flame.h"
#include "core/gate/cause/cause.h"
#include "core/naming/naming.h"

namespace melisai {

class NamedStacks {
 public:
  /// `trees`: where the sides were built, in no file's name that people see. Numbers of head are
  /// multiplied by `factor`. Without melisai-gate-symbols, or when it fails, there are no stacks,
  /// and problems() says why.
  NamedStacks(const ObservedRuns& runs, double factor, std::vector<std::string> trees,
              naming::Options naming = {});

  bool empty() const { return on_cpu_.base.empty() || on_cpu_.head.empty(); }
  /// What limits the names, and what to do about it, one line each.
  const std::vector<std::string>& problems() const { return problems_; }
  /// There were stacks, and whoever names them failed.
  bool is_lost() const { return is_lost_; }

  /// Adds times on and off the CPU.
  void add_signals(gate::CauseInput& input) const;
  /// Adds time in functions that the other side never ran, if it may be new work.
  void add_new_code(gate::CauseInput& input) const;
  /// The functions that grew: of everything, or of what `cause` is about.
  void add_functions(gate::CauseInput& input);
  void add_functions_of(Cause cause, gate::CauseInput& input);

  struct Labels {
    std::string file;  ///< name without a suffix
    std::string benchmark;
    std::string base;  ///< "main 1a2b3c4"
    std::string head;
    bool waits = false;  ///< the graph of waiting comes first
  };
  /// flame/FILE*.svg and .folded in `directory`, named by their paths from there. Errors:
  /// disk_full, io.
  Result<std::vector<EvidenceFile>> write(const Labels& labels, const std::string& directory) const;

 private:
  void take(const ObservedRun& run, double factor, bool base);
  std::vector<EvidenceFunction> grown(const flame::Runs& runs, double gap, bool on_cpu);
  void add_line(const StackFrame& function, EvidenceFunction& to);
  void problem(const std::string& what);
  void lose(const Error& error);
  void tell_nameless_files();

  naming::Namer namer_;
  std::vector<std::string> trees_;
  flame::Runs on_cpu_;                                        ///< samples
  flame::Runs off_cpu_{.base = {}, .head = {}, .sample = 0};  ///< ns
  bool is_lost_ = false;
  bool kernel_named_ = true;  ///< only then is it known what threads waited for
  double sample_ns_ = 0;      ///< what a sample stands for
  double factor_ = 1;         ///< of head's numbers
  std::map<StackFrame, symbols::FrameId> places_;
  std::map<bool, std::vector<EvidenceFunction>> all_grown_;  ///< by whether it is on the CPU
  std::vector<std::string> problems_;
};

}  // namespace melisai

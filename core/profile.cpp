#include <algorithm>

#include "core/trial.h"

namespace melisai {
namespace {

/// Puts one side's samples beside the other side's of the same collector and metric.
void merge(const std::vector<Sample>& samples, std::optional<double> ProfileValue::*side,
           Profile& profile) {
  for (const Sample& sample : samples) {
    const auto same = [&](const ProfileValue& value) {
      return value.collector == sample.collector && value.metric.name == sample.metric.name;
    };
    auto value = std::find_if(profile.values.begin(), profile.values.end(), same);
    if (value == profile.values.end()) {
      profile.values.push_back({sample.collector, sample.metric, {}, {}});
      value = std::prev(profile.values.end());
    }
    (*value).*side = sample.value;
  }
}

}  // namespace

Step<Profile> Trial::profile_one(std::size_t index) {
  const measure::Subject& subject = subjects_[index];
  Profile profile;
  profile.benchmark = subject.spec.name;
  const auto note = [&](const std::string& text) {
    profile.note += (profile.note.empty() ? "" : "; ") + text;
  };
  for (const measure::Side* side : {&subject.base, &subject.head}) {
    const bool is_base = side == &subject.base;
    // A run that the budget would cut is wasted time.
    if (time_left() <= series_[index].last_pair) {
      note(side->name + ": no time was left in the budget");
      continue;
    }
    progress_.stage_started("profile of " + subject.spec.name, side->name);
    const Result<std::string> failed = pairs_.profile(subject, *side, collectors_, time_left());
    const std::vector<Sample> samples = collectors_.take_samples();
    // A verdict that stands must not be lost for want of an explanation.
    if (!failed && failed.error().code == Errc::interrupted)
      return stop_for(failed.error(), ReasonCode::internal);
    if (!failed)
      note(side->name + ": " + failed.error().message);
    else if (!failed->empty())
      note(side->name + ": " + *failed);
    else
      merge(samples, is_base ? &ProfileValue::base : &ProfileValue::head, profile);
  }
  return profile;
}

Step<std::vector<Profile>> Trial::profile() {
  std::vector<Profile> profiles;
  if (!project_.collect.profile || !collectors_.any_ready()) return profiles;
  for (std::size_t i = 0; i < subjects_.size(); ++i) {
    MELISAI_TRY(Profile profile, profile_one(i));
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

Result<std::string> Trial::observe(const OneRun& run, RunObserver& observer) {
  const measure::Subject& subject = subjects_.at(run.subject);
  return pairs_.profile(subject, run.base ? subject.base : subject.head, observer, run.time_left,
                        run.only);
}

Result<measure::PairRunner::UnderTool> Trial::run_under(const OneRun& run,
                                                        const std::vector<std::string>& tool) {
  const measure::Subject& subject = subjects_.at(run.subject);
  return pairs_.run_under(subject, run.base ? subject.base : subject.head, tool, run.time_left);
}

}  // namespace melisai

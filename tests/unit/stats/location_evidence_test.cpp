#include "core/stats/location_evidence.h"

#include <gtest/gtest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

namespace melisai::stats {
namespace {

TEST(LogLikelihood, AveragesStudentsDensityOverScalesAndTails) {
  for (const double value : {0.0, 0.3, -2.0, 40.0}) {
    double sum = 0;
    for (const double freedom : {1.0, 20.0}) {
      for (int step = 0; step < 6; ++step) {
        const double scale = 0.2 * std::pow(15.0, step / 5.0);
        sum += boost::math::pdf(boost::math::students_t(freedom), (value - 0.1) / scale) / scale;
      }
    }
    EXPECT_NEAR(log_likelihood(std::vector{value}, 0.1), std::log(sum / 12), 1e-9) << value;
  }
}

TEST(LogLikelihood, IsFiniteForManyFarValues) {
  const std::vector<double> far(1'000, 1e300);
  EXPECT_TRUE(std::isfinite(log_likelihood(far, 0)));
}

TEST(EvidenceOfShift, ChangesSignWithTheRolesOfTheLocations) {
  const std::vector<double> values = {0.9, 1.2, 0.8, 1.05, 0.4};
  std::vector<double> mirrored = values;
  for (double& value : mirrored) value = 1 - value;
  EXPECT_GT(evidence_of_shift(values, 0), 2);
  EXPECT_NEAR(evidence_of_shift(mirrored, 0), -evidence_of_shift(values, 0), 1e-9);
}

TEST(EvidenceOfShift, GrowsWithAgreeingValues) {
  std::vector<double> values = {0.9, 1.2, 0.8, 1.05};
  const double four = evidence_of_shift(values, 0);
  values.insert(values.end(), {0.95, 1.1, 0.85, 1.0});
  EXPECT_GT(evidence_of_shift(values, 0), 1.5 * four);
}

TEST(EvidenceOfShift, LosesLittleToOneWildValue) {
  std::vector<double> values = {0.9, 1.2, 0.8, 1.05, 0.95, 1.1, 0.85};
  const double quiet = evidence_of_shift(values, 0);
  values.push_back(-60);
  EXPECT_GT(evidence_of_shift(values, 0), quiet / 2);
}

}  // namespace
}  // namespace melisai::stats

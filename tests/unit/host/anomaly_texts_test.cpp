#include "core/host/anomaly_texts.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

namespace melisai::host {
namespace {

TEST(AnomalyTexts, EveryRuleHasOneAndThreeWiderNamesFollow) {
  const auto& known = known_anomalies();
  const auto rules = gate::anomaly_rules();
  ASSERT_EQ(known.size(), rules.size() + 3);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(known[i].text.id, rules[i].metric);
    EXPECT_EQ(known[i].rule, &rules[i]);
  }
  EXPECT_EQ(known[37].text.id, "cpu_saturation");
  EXPECT_EQ(known[38].text.id, "memory_saturation");
  EXPECT_EQ(known[39].text.id, "disk_latency");
  EXPECT_EQ(known[39].rule, nullptr);
}

TEST(AnomalyTexts, NoneIsLeftOverOrThereTwice) {
  std::set<std::string_view> ids;
  std::size_t texts = 0;
  for (const auto& part : {local_texts(), network_texts()}) {
    for (const AnomalyText& text : part) ids.insert(text.id);
    texts += part.size();
  }
  EXPECT_EQ(ids.size(), texts);
  EXPECT_EQ(texts, known_anomalies().size());
}

TEST(AnomalyTexts, EachSaysWhatItIsWhyAndWhereToLook) {
  for (const KnownAnomaly& known : known_anomalies()) {
    SCOPED_TRACE(std::string(known.text.id));
    EXPECT_FALSE(known.title.empty());
    EXPECT_TRUE(known.text.meaning.ends_with('.'));
    EXPECT_GE(sentences(known.text.causes).size(), 2u);
    EXPECT_GE(sentences(known.text.look_at).size(), 2u);
  }
}

}  // namespace
}  // namespace melisai::host

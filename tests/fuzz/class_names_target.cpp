// classes.txt, and the names of classes in weights.
#include <string>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/core/text.hpp"
#include "tests/fuzz/targets.hpp"

namespace lenet::fuzz {

void run_class_names(Bytes bytes) {
  const std::vector<std::string> names = class_name_lines(text_of(bytes));
  if (!class_name_fault(names).empty()) return;
  for (const std::string& name : names) {
    demand(!name.empty() && name.size() <= ClassNames::kLongest, "a name is blank or too long");
    demand(printable(name) == name, "a name controls the terminal");
  }
  demand(class_name_lines(ClassNames(names).text()) == names, "accepted names are not what was read");
}

std::vector<std::string> class_names_seeds() {
  return {"T-shirt/top\nTrouser\nPullover\nDress\nCoat\nSandal\nShirt\nSneaker\nBag\nAnkle boot\n",
          "\xef\xbb\xbf"
          "eins\r\nzwei\r\nfünf\r\n\r\n",
          "靴\n🥾\n a\u0301 "};
}

}  // namespace lenet::fuzz

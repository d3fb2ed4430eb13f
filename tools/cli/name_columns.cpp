#include "tools/cli/name_columns.hpp"

#include <algorithm>
#include <string>

#include "engine/core/cut_apart.hpp"
#include "tools/cli/folding.hpp"

namespace lenet::cli {

ClassNames names_within(const ClassNames& names, int width) {
  return cut_apart(names, [width](std::string_view name, std::string_view ending) {
    const int room = width - columns(ending);
    return fitted(name, std::min(room, columns(name))) + std::string(ending);
  });
}

}  // namespace lenet::cli

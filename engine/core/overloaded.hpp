#pragma once

namespace lenet {

/// Combines lambdas into one visitor for std::visit. With one lambda per alternative and no generic one, code
/// does not compile until a new alternative is handled.
template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

}  // namespace lenet

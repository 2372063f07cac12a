import { DISCOVERY_CASES } from "../../../../../test/conformance/discovery.ts";
import { testConformance } from "../../../../../test/conformance/test-conformance.ts";

testConformance(DISCOVERY_CASES);

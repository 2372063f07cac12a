import { MANAGEMENT_CASES } from "../../../../../test/conformance/management.ts";
import { testConformance } from "../../../../../test/conformance/test-conformance.ts";

testConformance(MANAGEMENT_CASES);

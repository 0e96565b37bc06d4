import { describeFaults } from './spark-connect-faults.suite.ts';

describeFaults('4.3');

import { describeFaults } from './spark-connect-faults.suite.ts';

describeFaults('3.5');

export {default} from '../../theme/Root';
